import { ActionIcon, Alert, Button, Card, Group, Menu, Text, Title, Tooltip } from "@mantine/core";
import {
  IconArrowDown,
  IconArrowLeft,
  IconArrowRight,
  IconArrowUp,
  IconGripVertical,
  IconPencil,
  IconPlus,
  IconTrash,
  IconZoomIn,
  IconZoomOut,
} from "@tabler/icons-react";
import { useState } from "react";
import type { JsonObject } from "@/api/model";
import { showDone } from "@/ui/notify";
import { RowMenu } from "@/ui/row-menu";
import { Empty } from "@/ui/states";
import { type Page, useSaveBoard } from "./api";
import classes from "./board.module.css";
import {
  type Board,
  boardOf,
  dropped,
  type Move,
  moved,
  type Widget,
  widened,
  widgetsOf,
  withoutWidget,
  withWidget,
} from "./model";
import { WidgetDialog } from "./widget-dialog";
import { WidgetContent } from "./widgets/widget";

const MOVES: [Move, string, typeof IconArrowUp][] = [
  ["left", "Move left", IconArrowLeft],
  ["right", "Move right", IconArrowRight],
  ["up", "Move up", IconArrowUp],
  ["down", "Move down", IconArrowDown],
];

/** The widgets of a page in their rows; in the editor they are moved by drag, or by their menus. */
export function DashboardBoard({ page, editable }: { page: Page; editable: boolean }) {
  const [draft, setDraft] = useState<Board | null>(null);
  const [edited, setEdited] = useState<Widget | "new" | null>(null);
  const save = useSaveBoard(page.identifier);
  const board = draft ?? boardOf(page.widgets);
  const done = () =>
    save.mutate(widgetsOf(page.widgets as JsonObject[] | undefined, board), {
      onSuccess: () => {
        setDraft(null);
        showDone("Saved");
      },
    });
  return (
    <>
      {editable && (
        <Group justify="flex-end" mb="sm">
          {draft === null ? (
            <Button variant="default" leftSection={<IconPencil size={16} />} onClick={() => setDraft(board)}>
              Edit
            </Button>
          ) : (
            <>
              <Button variant="light" leftSection={<IconPlus size={16} />} onClick={() => setEdited("new")}>
                Add a widget
              </Button>
              <Button variant="default" onClick={() => setDraft(null)}>
                Cancel
              </Button>
              <Button onClick={done} loading={save.isPending}>
                Save
              </Button>
            </>
          )}
        </Group>
      )}
      {save.error && (
        <Alert color="red" role="alert" mb="sm">
          {save.error.message}
        </Alert>
      )}
      {board.widgets.length === 0 && (
        <Empty title="This dashboard is empty">
          {editable ? "Edit it to add the first widget." : "Nobody has added a widget yet."}
        </Empty>
      )}
      <Rows board={board} editing={draft !== null} onChange={setDraft} onEdit={setEdited} />
      {edited !== null && (
        <WidgetDialog
          widget={edited === "new" ? null : edited}
          onClose={() => setEdited(null)}
          onSave={(widget) => {
            setDraft(withWidget(board, widget));
            setEdited(null);
          }}
        />
      )}
    </>
  );
}

interface RowsProps {
  board: Board;
  editing: boolean;
  onChange: (board: Board) => void;
  onEdit: (widget: Widget) => void;
}

function Rows({ board, editing, onChange, onEdit }: RowsProps) {
  const widgets = new Map(board.widgets.map((widget) => [widget.id, widget]));
  return board.layout.map((row) => (
    <div key={row.columns.map(({ id }) => id).join()} className={classes.row}>
      {row.columns.map(({ id, size }) => {
        const widget = widgets.get(id);
        if (widget === undefined) return null;
        return (
          <WidgetCard
            key={id}
            widget={widget}
            size={size}
            height={row.height}
            editing={editing}
            onDrop={(from) => onChange(dropped(board, from, id))}
            menu={
              <>
                <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => onEdit(widget)}>
                  Edit
                </Menu.Item>
                {MOVES.map(([move, label, Icon]) => (
                  <Menu.Item
                    key={move}
                    leftSection={<Icon size={15} />}
                    closeMenuOnClick={false}
                    onClick={() => onChange(moved(board, id, move))}
                  >
                    {label}
                  </Menu.Item>
                ))}
                <Menu.Item
                  leftSection={<IconZoomIn size={15} />}
                  closeMenuOnClick={false}
                  onClick={() => onChange(widened(board, id, 1))}
                >
                  Wider
                </Menu.Item>
                <Menu.Item
                  leftSection={<IconZoomOut size={15} />}
                  closeMenuOnClick={false}
                  onClick={() => onChange(widened(board, id, -1))}
                >
                  Narrower
                </Menu.Item>
                <Menu.Item
                  color="red"
                  leftSection={<IconTrash size={15} />}
                  onClick={() => onChange(withoutWidget(board, id))}
                >
                  Remove
                </Menu.Item>
              </>
            }
          />
        );
      })}
    </div>
  ));
}

interface CardProps {
  widget: Widget;
  size: number;
  height: number;
  editing: boolean;
  onDrop: (id: string) => void;
  menu: React.ReactNode;
}

function WidgetCard({ widget, size, height, editing, onDrop, menu }: CardProps) {
  const [over, setOver] = useState(false);
  const title = widget.title ?? "";
  return (
    <Card
      component="section"
      aria-label={title || widget.type}
      withBorder
      padding="sm"
      className={classes.cell}
      data-over={over || undefined}
      style={{ "--span": size, "--height": `${height}px` } as never}
      onDragOver={(event) => {
        if (!editing) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        onDrop(event.dataTransfer.getData("text/plain"));
      }}
    >
      {(title || editing) && (
        <Group justify="space-between" wrap="nowrap" mb="xs">
          <Group gap={4} wrap="nowrap" miw={0}>
            {editing && (
              <Tooltip label="Drag to another place">
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  draggable
                  component="div"
                  role="presentation"
                  onDragStart={(event) => event.dataTransfer.setData("text/plain", widget.id)}
                >
                  <IconGripVertical size={16} />
                </ActionIcon>
              </Tooltip>
            )}
            <div>
              <Title order={2} size="h6">
                {title}
              </Title>
              {widget.description && (
                <Text size="xs" c="dimmed">
                  {widget.description}
                </Text>
              )}
            </div>
          </Group>
          {editing && <RowMenu label={title || widget.type}>{menu}</RowMenu>}
        </Group>
      )}
      <div className={classes.content}>
        <WidgetContent widget={widget} />
      </div>
    </Card>
  );
}
