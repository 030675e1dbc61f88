import { Button, Center, Loader } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { Empty, Problem } from "@/ui/states";
import { useSession } from "./session";

const Login = lazy(() => import("@/features/login/login").then(({ Login }) => ({ default: Login })));
const Shell = lazy(() => import("./shell/shell").then(({ Shell }) => ({ default: Shell })));

function Waiting() {
  return (
    <Center mih="60vh">
      <Loader aria-label="Loading" />
    </Center>
  );
}

/** The login page, or the shell around the screen of the address. */
export function Root() {
  const session = useSession();
  if (session.isPending) return <Waiting />;
  if (session.isError) return <Problem error={session.error} retry={() => void session.refetch()} />;
  return <Suspense fallback={<Waiting />}>{session.data === null ? <Login /> : <Shell />}</Suspense>;
}

/** An address that no screen has. */
export function NotFound() {
  return (
    <Empty
      title="There is no such page"
      action={
        <Button component={Link} to="/">
          Home
        </Button>
      }
    >
      The address may be old, or mistyped.
    </Empty>
  );
}
