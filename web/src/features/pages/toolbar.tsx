import { ActionIcon, Button, Group, Menu, TextInput, Tooltip } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import {
  IconArrowDown,
  IconArrowUp,
  IconLayoutList,
  IconLayoutRows,
  IconSearch,
  IconSortAscending,
  IconStack2,
} from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { type Field, isGroupable, isSortable } from "./fields";
import { type Arrangement, readSort, writeSort } from "./model";

interface QuickProps {
  name: string;
  value: string;
  onChange: (text: string) => void;
}

/** Looks for a word in titles and identifiers while it is typed. */
export function QuickSearch({ name, value, onChange }: QuickProps) {
  const [text, setText] = useState(value);
  const written = useRef(value);
  const later = useDebouncedCallback((next: string) => {
    written.current = next;
    onChange(next);
  }, 250);
  useEffect(() => {
    // the address changed by other ways than this field, such as the browser's back button
    if (value !== written.current) {
      written.current = value;
      setText(value);
    }
  }, [value]);
  return (
    <TextInput
      size="xs"
      type="search"
      aria-label={`Search ${name}`}
      placeholder="Search by title or identifier"
      leftSection={<IconSearch size={14} aria-hidden />}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        later(event.currentTarget.value);
      }}
      flex="1 1 200px"
      miw={180}
      maw={320}
    />
  );
}

interface Props {
  fields: Field[];
  arrangement: Arrangement;
  onArrange: (change: Arrangement) => void;
}

/** By which field the rows are put together. */
export function GroupMenu({ fields, arrangement, onArrange }: Props) {
  const chosen = fields.find(({ id }) => id === arrangement.group);
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          variant={chosen ? "light" : "default"}
          size="xs"
          leftSection={<IconStack2 size={15} aria-hidden />}
          maw={240}
        >
          {chosen ? `By ${chosen.title}` : "Group"}
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={420} style={{ overflowY: "auto" }}>
        <Menu.Item onClick={() => onArrange({ group: "" })} disabled={!chosen}>
          No groups
        </Menu.Item>
        <Menu.Divider />
        {fields.filter(isGroupable).map(({ id, title }) => (
          <Menu.Item key={id} onClick={() => onArrange({ group: id })} aria-current={id === chosen?.id || undefined}>
            {title}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** The order of rows; a click on a column's head does the same. */
export function SortMenu({ fields, arrangement, onArrange }: Props) {
  const sort = readSort(arrangement.sort);
  const chosen = fields.find(({ id }) => id === sort?.column);
  const Arrow = sort?.order === "desc" ? IconArrowDown : IconArrowUp;
  const turn = (id: string) => {
    const order = sort?.column === id && sort.order === "asc" ? "desc" : "asc";
    onArrange({ sort: writeSort({ column: id, order }) });
  };
  return (
    <Menu position="bottom-end" withinPortal closeOnItemClick={false}>
      <Menu.Target>
        <Button
          variant={chosen ? "light" : "default"}
          size="xs"
          leftSection={chosen ? <Arrow size={15} aria-hidden /> : <IconSortAscending size={15} aria-hidden />}
          maw={220}
        >
          {chosen ? chosen.title : "Sort"}
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={420} style={{ overflowY: "auto" }}>
        <Menu.Item onClick={() => onArrange({ sort: "" })} disabled={!chosen}>
          As they were created
        </Menu.Item>
        <Menu.Divider />
        {fields.filter(isSortable).map(({ id, title }) => (
          <Menu.Item
            key={id}
            onClick={() => turn(id)}
            rightSection={
              id === chosen?.id ? (
                <Arrow size={14} aria-label={sort?.order === "desc" ? "descending" : "ascending"} />
              ) : undefined
            }
          >
            {title}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** Switches between comfortable and compact rows. */
export function DensitySwitch({ arrangement, onArrange }: Omit<Props, "fields">) {
  const compact = arrangement.compact ?? false;
  return (
    <Tooltip label={compact ? "Comfortable rows" : "Compact rows"}>
      <ActionIcon
        variant="default"
        size={30}
        aria-label="Compact rows"
        aria-pressed={compact}
        onClick={() => onArrange({ compact: !compact })}
      >
        {compact ? <IconLayoutList size={16} /> : <IconLayoutRows size={16} />}
      </ActionIcon>
    </Tooltip>
  );
}

/** The buttons above a table, in a row that breaks where the window ends. */
export function Toolbar({ children }: { children: React.ReactNode }) {
  return (
    <Group gap={6} role="toolbar" aria-label="Table">
      {children}
    </Group>
  );
}
