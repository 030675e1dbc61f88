import { Box } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useUser } from "@/app/session";
import { showDone } from "@/ui/notify";
import { Empty } from "@/ui/states";
import { type Source, useChangeSource } from "./api";
import { SourceForm } from "./form/source-form";

/** A source's settings: for Admins only. */
export function Settings({ source }: { source: Source }) {
  const { isAdmin } = useUser();
  const change = useChangeSource(source.id);
  if (!isAdmin) {
    return (
      <Empty title="Only Admins see the settings" icon={<IconLock size={24} />}>
        They say where the forge is and who logs in there.
      </Empty>
    );
  }
  return (
    <Box maw={980}>
      <SourceForm
        key={source.updatedAt}
        source={source}
        submit="Save"
        pending={change.isPending}
        error={change.error}
        onSubmit={({ kind: _kind, ...draft }) =>
          change.mutate(draft, { onSuccess: () => showDone("Saved; the next pass goes by it") })
        }
      />
    </Box>
  );
}
