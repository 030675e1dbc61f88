import { Box } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useUser } from "@/app/session";
import { showDone } from "@/ui/notify";
import { Empty, PageHead } from "@/ui/states";
import { useConnect } from "./api";
import { SourceForm } from "./form/source-form";
import { sourcePath } from "./model";
import { Crumbs } from "./parts";

/** Connects a forge, so that spec files in its repositories fill the catalog. */
export function Connect() {
  const { isAdmin } = useUser();
  const connect = useConnect();
  const navigate = useNavigate();
  return (
    <Box maw={980}>
      <Crumbs steps={[{ title: "Data sources", to: "/sources" }]} />
      <PageHead
        title="Connect repositories"
        sub="Teams describe what they own in port.yml beside their code; the catalog follows every push."
      />
      {isAdmin ? (
        <SourceForm
          submit="Connect"
          pending={connect.isPending}
          error={connect.error}
          onSubmit={(draft) =>
            connect.mutate(draft, {
              onSuccess: (source) => {
                showDone(`${source.title} is connected`);
                void navigate({ to: sourcePath(source.id) });
              },
            })
          }
        />
      ) : (
        <Empty title="Only Admins connect repositories">Ask one of them; what is connected is in Data sources.</Empty>
      )}
    </Box>
  );
}
