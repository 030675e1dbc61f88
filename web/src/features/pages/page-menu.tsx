import { ActionIcon, Menu, Select, TextInput } from "@mantine/core";
import { IconDeviceFloppy, IconDots, IconFolderPlus, IconPencil, IconTablePlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { type SidebarItem, sidebarQuery, useBlueprints } from "@/app/queries";
import { useUser } from "@/app/session";
import { askBefore, FormDialog } from "@/ui/dialogs";
import { identifierOf } from "@/ui/names";
import { showDone } from "@/ui/notify";
import { type Page, useCreateFolder, useCreatePage, useDeletePage, usePatchPage } from "./api";
import { withArrangement } from "./defaults";
import type { Arrangement } from "./model";

interface Props {
  page: Page;
  arrangement: Arrangement;
}

/** What administrators do with pages and folders of the sidebar. */
export function PageMenu({ page, arrangement }: Props) {
  const { isAdmin } = useUser();
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<"settings" | "page" | "folder" | null>(null);
  const patch = usePatchPage(page.identifier);
  const remove = useDeletePage();
  const close = () => setDialog(null);
  if (!isAdmin) return null;
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="default" size={30} aria-label="Page">
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => setDialog("settings")}>
            Rename or move…
          </Menu.Item>
          <Menu.Item
            leftSection={<IconDeviceFloppy size={15} />}
            onClick={() =>
              patch.mutate(
                { widgets: withArrangement(page, arrangement) },
                { onSuccess: () => showDone("Everybody sees the page like this now") },
              )
            }
          >
            Make this arrangement the default
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item leftSection={<IconTablePlus size={15} />} onClick={() => setDialog("page")}>
            New page…
          </Menu.Item>
          <Menu.Item leftSection={<IconFolderPlus size={15} />} onClick={() => setDialog("folder")}>
            New folder…
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item
            color="red"
            leftSection={<IconTrash size={15} />}
            disabled={page.protected}
            onClick={() =>
              askBefore({
                title: `Delete the page ${page.title ?? page.identifier}?`,
                children: "Its saved views go with it; the entities stay.",
                confirm: "Delete",
                onConfirm: () => remove.mutate(page.identifier, { onSuccess: () => void navigate({ to: "/" }) }),
              })
            }
          >
            Delete page
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {dialog === "settings" && <PageSettings page={page} onClose={close} />}
      {dialog === "page" && <NewPage blueprint={page.blueprint} onClose={close} />}
      {dialog === "folder" && <NewFolder onClose={close} />}
    </>
  );
}

function foldersOf(items: SidebarItem[], depth = 0): { value: string; label: string }[] {
  return items.flatMap((item) =>
    item.sidebarType === "folder"
      ? [
          { value: item.identifier, label: `${"– ".repeat(depth)}${item.title ?? item.identifier}` },
          ...foldersOf(item.items ?? [], depth + 1),
        ]
      : [],
  );
}

function FolderSelect({ value, onChange }: { value: string | null; onChange: (value: string | null) => void }) {
  const folders = foldersOf(useQuery(sidebarQuery).data ?? []);
  return (
    <Select
      label="Folder"
      placeholder="None"
      clearable
      data={folders}
      value={value}
      onChange={onChange}
      nothingFoundMessage="There is no folder yet"
    />
  );
}

function PageSettings({ page, onClose }: { page: Page; onClose: () => void }) {
  const [title, setTitle] = useState(page.title ?? "");
  const [description, setDescription] = useState(page.description ?? "");
  const [parent, setParent] = useState(page.parent);
  const patch = usePatchPage(page.identifier);
  return (
    <FormDialog
      title="Rename or move the page"
      opened
      onClose={onClose}
      submit="Save"
      pending={patch.isPending}
      error={patch.error}
      onSubmit={() =>
        patch.mutate({ title: title.trim(), description: description.trim(), parent }, { onSuccess: onClose })
      }
    >
      <TextInput label="Title" required value={title} onChange={(event) => setTitle(event.currentTarget.value)} />
      <TextInput
        label="Description"
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      <FolderSelect value={parent} onChange={setParent} />
    </FormDialog>
  );
}

function NewPage({ blueprint, onClose }: { blueprint: string | null; onClose: () => void }) {
  const blueprints = [...useBlueprints().values()];
  const navigate = useNavigate();
  const [title, setTitle] = useState("");
  const [about, setAbout] = useState(blueprint);
  const [parent, setParent] = useState<string | null>(null);
  const create = useCreatePage();
  return (
    <FormDialog
      title="New page"
      opened
      onClose={onClose}
      submit="Create"
      pending={create.isPending}
      error={create.error}
      onSubmit={() =>
        create.mutate(
          {
            identifier: identifierOf(title),
            title: title.trim(),
            type: "blueprint-entities",
            blueprint: about ?? undefined,
            ...(parent !== null && { parent }),
          },
          {
            onSuccess: (page) => {
              onClose();
              void navigate({ to: `/pages/${encodeURIComponent(page.identifier)}` });
            },
          },
        )
      }
    >
      <TextInput
        label="Title"
        required
        data-autofocus
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
      />
      <Select
        label="Entities of"
        searchable
        allowDeselect={false}
        data={blueprints.map((each) => ({ value: each.identifier, label: each.title || each.identifier }))}
        value={about}
        onChange={setAbout}
      />
      <FolderSelect value={parent} onChange={setParent} />
    </FormDialog>
  );
}

function NewFolder({ onClose }: { onClose: () => void }) {
  const [title, setTitle] = useState("");
  const create = useCreateFolder();
  return (
    <FormDialog
      title="New folder"
      opened
      onClose={onClose}
      submit="Create"
      pending={create.isPending}
      error={create.error}
      onSubmit={() => create.mutate({ identifier: identifierOf(title), title: title.trim() }, { onSuccess: onClose })}
    >
      <TextInput
        label="Title"
        required
        data-autofocus
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
