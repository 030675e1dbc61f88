import { ModalsProvider } from "@mantine/modals";
import { Notifications } from "@mantine/notifications";

/** Where notices and questions appear; loaded after the first screen, because none is shown before. Both are told by
 * events, so that nothing has to stand inside of them. */
export default function Notices() {
  return (
    <ModalsProvider>
      <Notifications position="bottom-right" limit={4} />
    </ModalsProvider>
  );
}
