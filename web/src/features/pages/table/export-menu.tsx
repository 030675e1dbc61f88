import { Button, Menu } from "@mantine/core";
import { IconBraces, IconDownload, IconFileSpreadsheet } from "@tabler/icons-react";
import { useState } from "react";
import type { Entity } from "@/api/model";
import { saveFile } from "@/ui/files";
import { showDone, showProblem } from "@/ui/notify";
import { allEntities, type Wanted } from "../api";
import type { Field } from "../fields";
import { csvOf } from "../model";

/** The most entities of one file. */
const MOST = 100_000;

interface Props {
  name: string;
  wanted: Wanted;
  fields: Field[];
}

/** Everything that the table would show, as a file: columns as they stand, or whole entities. */
export function ExportMenu({ name, wanted, fields }: Props) {
  const [count, setCount] = useState<number | null>(null);
  const run = async (format: "csv" | "json") => {
    setCount(0);
    try {
      const include = format === "json" ? [] : wanted.include;
      const { entities, more } = await allEntities({ ...wanted, include }, MOST, setCount);
      saveAs(name, format, entities, fields);
      const limit = more ? `; there are more than ${MOST.toLocaleString()}, filter to get the others` : "";
      showDone(`${entities.length.toLocaleString()} exported${limit}`);
    } catch (problem) {
      showProblem(problem);
    } finally {
      setCount(null);
    }
  };
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconDownload size={15} aria-hidden />}
          disabled={count !== null}
        >
          {count === null ? "Export" : `Exporting ${count.toLocaleString()}…`}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconFileSpreadsheet size={15} />} onClick={() => void run("csv")}>
          CSV with these columns
        </Menu.Item>
        <Menu.Item leftSection={<IconBraces size={15} />} onClick={() => void run("json")}>
          JSON of whole entities
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Entities as a download. */
export function saveAs(name: string, format: "csv" | "json", entities: Entity[], fields: Field[]): void {
  if (format === "csv") saveFile(`${name}.csv`, csvOf(entities, fields), "text/csv;charset=utf-8");
  else saveFile(`${name}.json`, JSON.stringify(entities, null, 2), "application/json");
}
