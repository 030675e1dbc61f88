import { Button, Group } from "@mantine/core";
import { IconFilterOff, IconLock, IconPlus, IconTable } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Blueprint } from "@/api/model";
import { decisionQuery, usePermitted } from "@/app/decisions";
import { Empty, LoadingRows } from "@/ui/states";

interface Props {
  blueprint: Blueprint;
  /** How many entities there are without any filter. */
  total: number | undefined;
  onCreate: () => void;
  onReset: () => void;
}

/** Why a table is empty: there is nothing, nothing matches, or nothing may be seen. */
export function NoRows({ blueprint, total, onCreate, onReset }: Props) {
  const name = blueprint.title || blueprint.identifier;
  const resource = { blueprint: blueprint.identifier };
  const read = useQuery({ ...decisionQuery({ action: "read", resource }), enabled: total === 0 });
  const create = usePermitted({ action: "register", resource });
  if (total === undefined || (total === 0 && read.isPending)) return <LoadingRows rows={12} height={32} />;
  if (total > 0) {
    return (
      <Empty
        title="Nothing matches"
        icon={<IconFilterOff size={24} />}
        action={
          <Button variant="light" onClick={onReset}>
            Remove search and filter
          </Button>
        }
      >
        None of {total.toLocaleString()} satisfies the search and the filter.
      </Empty>
    );
  }
  if (read.data?.allowed === false) {
    return (
      <Empty title="Nothing here is visible to you" icon={<IconLock size={24} />}>
        {read.data.reason}
      </Empty>
    );
  }
  return (
    <Empty
      title={`There is no ${name} yet`}
      icon={<IconTable size={24} />}
      action={
        <Group gap="xs">
          <Button leftSection={<IconPlus size={15} aria-hidden />} onClick={onCreate} {...create}>
            Create one
          </Button>
          <Button variant="default" component={Link} to="/sources">
            Connect a data source
          </Button>
        </Group>
      }
    >
      Entities come from data sources, from the API, or from you.
    </Empty>
  );
}
