import { Kbd, Modal, Table } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";

const KEYS: [string, string][] = [
  ["Ctrl K or /", "Search, jump to a page, run an action"],
  ["?", "This list"],
  ["Arrow keys", "Move inside of a table"],
  ["Enter", "Open what has the focus"],
  ["x", "Select a row of a table"],
  ["Ctrl C", "Copy the cell that has the focus"],
  ["Esc", "Close, or leave a table"],
];

export interface Help {
  opened: boolean;
  open: () => void;
  close: () => void;
}

export function useKeyHelp(): Help {
  const [opened, { open, close }] = useDisclosure(false);
  return { opened, open, close };
}

/** What can be done without a mouse. */
export function KeyHelp({ help }: { help: Help }) {
  return (
    <Modal opened={help.opened} onClose={help.close} title="Keyboard shortcuts">
      <Table>
        <Table.Tbody>
          {KEYS.map(([key, meaning]) => (
            <Table.Tr key={key}>
              <Table.Td>
                <Kbd>{key}</Kbd>
              </Table.Td>
              <Table.Td>{meaning}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
