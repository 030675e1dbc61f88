import { Notifications } from "@mantine/notifications";

/** Where notices appear; loaded after the first screen, because none is shown before. */
export default function Notices() {
  return <Notifications position="bottom-right" limit={4} />;
}
