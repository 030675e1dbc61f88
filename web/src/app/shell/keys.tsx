import { useDisclosure } from "@mantine/hooks";
import { lazy, Suspense } from "react";

const Shown = lazy(() => import("./key-help"));

/** Keys and what they do. */
export const KEYS: [string, string][] = [
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

/** The list of keys, once somebody asks for it. */
export function KeyHelp({ help }: { help: Help }) {
  if (!help.opened) return null;
  return (
    <Suspense>
      <Shown onClose={help.close} />
    </Suspense>
  );
}
