import { Alert, List } from "@mantine/core";
import type { Refusal } from "@/api/lanes";

const SHOWN = 10;

/** Which of many entities the portal refused, and why. */
export function RefusedList({ refused }: { refused: Refusal[] }) {
  return (
    <Alert color="red" role="alert" title={`${refused.length.toLocaleString()} were refused`}>
      <List size="sm">
        {refused.slice(0, SHOWN).map(({ identifier, message }) => (
          <List.Item key={identifier}>
            {identifier}: {message}
          </List.Item>
        ))}
      </List>
      {refused.length > SHOWN && `and ${(refused.length - SHOWN).toLocaleString()} more`}
    </Alert>
  );
}
