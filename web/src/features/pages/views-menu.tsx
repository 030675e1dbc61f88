import { Button, Menu, SegmentedControl, Select, Stack, Text, TextInput } from "@mantine/core";
import {
  IconBookmark,
  IconCheck,
  IconDeviceFloppy,
  IconLink,
  IconPencil,
  IconPlus,
  IconTrash,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useUser } from "@/app/session";
import { askBefore, FormDialog } from "@/ui/dialogs";
import { showDone } from "@/ui/notify";
import { useCreateView, useDeleteView, useReplaceView, type View, viewsQuery } from "./api";
import type { Arrangement } from "./model";

interface Props {
  page: string;
  view: View | undefined;
  /** The arrangement as it is shown. */
  arrangement: Arrangement;
  changed: boolean;
  onOpen: (view: string | undefined) => void;
}

const SCOPES: Record<View["scope"], string> = { personal: "Only me", team: "A team", shared: "Everybody" };
const HEADS: Record<View["scope"], string> = { personal: "Mine", team: "Of my teams", shared: "Shared" };

/** Saved arrangements of a page: open, save, share, delete. */
export function ViewsMenu({ page, view, arrangement, changed, onOpen }: Props) {
  const views = useQuery(viewsQuery(page));
  const [dialog, setDialog] = useState<"new" | "rename" | null>(null);
  const replace = useReplaceView();
  const remove = useDeleteView();
  const groups = (Object.keys(HEADS) as View["scope"][]).map((scope) => ({
    scope,
    views: (views.data ?? []).filter((each) => each.scope === scope),
  }));
  return (
    <>
      <Menu position="bottom-end" withinPortal width={260}>
        <Menu.Target>
          <Button
            variant={changed ? "light" : "default"}
            size="xs"
            leftSection={<IconBookmark size={15} aria-hidden />}
            maw={220}
          >
            {view?.title ?? "Default view"}
            {changed && " · changed"}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Choice title="Default view" active={view === undefined} onClick={() => onOpen(undefined)} />
          {groups.map(
            (group) =>
              group.views.length > 0 && (
                <div key={group.scope} role="none">
                  <Menu.Label>{HEADS[group.scope]}</Menu.Label>
                  {group.views.map((each) => (
                    <Choice
                      key={each.id}
                      title={each.title}
                      note={each.team ?? undefined}
                      active={each.id === view?.id}
                      onClick={() => onOpen(each.id)}
                    />
                  ))}
                </div>
              ),
          )}
          <Menu.Divider />
          {view && (
            <Menu.Item
              leftSection={<IconDeviceFloppy size={15} />}
              disabled={!changed || !view.mayEdit}
              onClick={() =>
                replace.mutate(
                  { id: view.id, title: view.title, scope: view.scope, team: view.team, config: arrangement },
                  {
                    onSuccess: () => {
                      showDone("View saved");
                      onOpen(view.id);
                    },
                  },
                )
              }
            >
              {view.mayEdit ? "Save changes" : `Save changes: only ${view.owner} may`}
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconPlus size={15} />} onClick={() => setDialog("new")}>
            Save as new view…
          </Menu.Item>
          <Menu.Item
            leftSection={<IconLink size={15} />}
            onClick={() => void navigator.clipboard.writeText(window.location.href).then(() => showDone("Link copied"))}
          >
            Copy link to this view
          </Menu.Item>
          {view?.mayEdit && (
            <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => setDialog("rename")}>
              Rename or share…
            </Menu.Item>
          )}
          {view?.mayEdit && (
            <Menu.Item
              color="red"
              leftSection={<IconTrash size={15} />}
              onClick={() =>
                askBefore({
                  title: `Delete the view ${view.title}?`,
                  children: "Whoever it is shared with loses it too.",
                  confirm: "Delete",
                  onConfirm: () => remove.mutate(view.id, { onSuccess: () => onOpen(undefined) }),
                })
              }
            >
              Delete view
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {dialog !== null && (
        <SaveView
          page={page}
          view={dialog === "rename" ? view : undefined}
          arrangement={dialog === "rename" ? (view?.config ?? {}) : arrangement}
          onClose={() => setDialog(null)}
          onSaved={dialog === "new" ? onOpen : undefined}
        />
      )}
    </>
  );
}

interface ChoiceProps {
  title: string;
  note?: string;
  active: boolean;
  onClick: () => void;
}

function Choice({ title, note, active, onClick }: ChoiceProps) {
  return (
    <Menu.Item
      onClick={onClick}
      aria-current={active ? "true" : undefined}
      rightSection={active ? <IconCheck size={15} aria-label="shown now" /> : undefined}
    >
      {title}
      {note && (
        <Text span size="xs" c="dimmed">
          {" "}
          {note}
        </Text>
      )}
    </Menu.Item>
  );
}

interface SaveProps {
  page: string;
  view: View | undefined;
  arrangement: Arrangement;
  onClose: () => void;
  onSaved?: (id: string) => void;
}

function SaveView({ page, view, arrangement, onClose, onSaved }: SaveProps) {
  const { teamNames } = useUser();
  const [title, setTitle] = useState(view?.title ?? "");
  const [scope, setScope] = useState<View["scope"]>(view?.scope ?? "personal");
  const [team, setTeam] = useState<string | null>(view?.team ?? teamNames[0] ?? null);
  const create = useCreateView(page);
  const replace = useReplaceView();
  const body = { title: title.trim(), scope, team: scope === "team" ? team : null, config: arrangement };
  const done = (id: string | undefined) => {
    showDone("View saved");
    onClose();
    if (id !== undefined) onSaved?.(id);
  };
  return (
    <FormDialog
      title={view ? "Rename or share the view" : "Save as new view"}
      opened
      onClose={onClose}
      submit="Save"
      pending={create.isPending || replace.isPending}
      error={create.error}
      onSubmit={() => {
        if (view) replace.mutate({ id: view.id, ...body }, { onSuccess: () => done(undefined) });
        else create.mutate(body, { onSuccess: (saved) => done(saved.id) });
      }}
    >
      <TextInput
        label="Name"
        required
        data-autofocus
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
      />
      <Stack gap={4}>
        <Text size="sm" fw={500} id="view-scope">
          For
        </Text>
        <SegmentedControl
          aria-labelledby="view-scope"
          data={Object.entries(SCOPES).map(([value, label]) => ({
            value,
            label,
            disabled: value === "team" && teamNames.length === 0,
          }))}
          value={scope}
          onChange={(chosen) => setScope(chosen as View["scope"])}
        />
        {teamNames.length === 0 && (
          <Text size="xs" c="dimmed">
            You are in no team yet.
          </Text>
        )}
      </Stack>
      {scope === "team" && (
        <Select label="Team" data={teamNames} value={team} onChange={setTeam} allowDeselect={false} />
      )}
    </FormDialog>
  );
}
