import { PageHead } from "@/ui/states";

/** Where everybody arrives. */
export function Home() {
  return <PageHead title="Home" />;
}
