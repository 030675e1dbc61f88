import { ScrollArea, Table, Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { Empty } from "@/ui/states";

export interface TableColumn<T> {
  title: string;
  cell: (row: T) => ReactNode;
  /** What the search looks into. */
  text?: (row: T) => string;
  /** Hidden in narrow windows. */
  wide?: boolean;
  width?: number;
}

interface Props<T> {
  label: string;
  rows: T[];
  keyOf: (row: T) => string;
  columns: TableColumn<T>[];
  /** Shown when there is nothing at all. */
  empty: ReactNode;
  /** No search field, for short lists. */
  plain?: boolean;
}

/** A table of a list that is loaded as a whole, with a search over what it says. Long lists use the grid instead. */
export function SearchTable<T>({ label, rows, keyOf, columns, empty, plain }: Props<T>) {
  const [text, setText] = useState("");
  if (rows.length === 0) return empty;
  const wanted = text.trim().toLowerCase();
  const shown = rows.filter((row) => columns.some((column) => column.text?.(row).toLowerCase().includes(wanted)));
  const found = wanted === "" ? rows : shown;
  return (
    <>
      {!plain && (
        <TextInput
          aria-label={`Search ${label.toLowerCase()}`}
          placeholder="Search"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          maw={340}
          mb="sm"
        />
      )}
      {found.length === 0 ? (
        <Empty title="Nothing matches">
          None of {rows.length} contains “{text}”.
        </Empty>
      ) : (
        <ScrollArea type="auto">
          <Table aria-label={label} highlightOnHover verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                {columns.map((column) => (
                  <Table.Th key={column.title} visibleFrom={column.wide ? "md" : undefined} w={column.width}>
                    {column.title || <span className="visually-hidden">Actions</span>}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {found.map((row) => (
                <Table.Tr key={keyOf(row)}>
                  {columns.map((column) => (
                    <Table.Td key={column.title} visibleFrom={column.wide ? "md" : undefined}>
                      {column.cell(row)}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollArea>
      )}
      <Text size="xs" c="dimmed" mt="xs" role="status">
        {found.length === rows.length ? `${rows.length}` : `${found.length} of ${rows.length}`}
      </Text>
    </>
  );
}
