import { Alert, Button, Group, Stack, Tabs, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useUser } from "@/app/session";
import { JsonView } from "@/ui/code";
import { LoadingRows, Problem } from "@/ui/states";
import { OutLink } from "@/ui/value/links";
import { Item } from "../self-service/action-form";
import { useActionForm } from "../self-service/use-form";
import { LogView } from "./log/log-view";
import { type FullRun, type NodeRun, nodeLogsQuery } from "./workflow-api";
import { buttonsOf, stateOf } from "./workflow-model";

/** One step: the form where it waits for input, its log, what it was given and what it gave. */
export function NodeRunBody({ node, run }: { node: NodeRun; run: FullRun }) {
  const logs = useQuery(nodeLogsQuery(node));
  const definition = run.definition.nodes.find((each) => each.identifier === node.node.identifier);
  return (
    <Stack gap="sm">
      {stateOf(node) === "input" && <Respond node={node} config={node.config ?? definition?.config ?? null} />}
      {node.selectedOutlet && <Text size="sm">Went on by “{node.selectedOutlet}”.</Text>}
      {node.links.map((href) => (
        <OutLink key={href} href={href} />
      ))}
      <Tabs defaultValue="log" keepMounted={false}>
        <Tabs.List mb="sm">
          <Tabs.Tab value="log">Log</Tabs.Tab>
          <Tabs.Tab value="config">Configuration</Tabs.Tab>
          <Tabs.Tab value="output">Output</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="log">
          {logs.isError ? (
            <Problem error={logs.error} retry={() => void logs.refetch()} />
          ) : (
            <LogView
              name={node.identifier}
              lines={logs.data ?? []}
              state={node.status === "COMPLETED" ? "ended" : "live"}
              height={220}
              empty={logs.isPending ? "Loading…" : "Nothing was written to the log."}
            />
          )}
        </Tabs.Panel>
        <Tabs.Panel value="config">
          <JsonView value={node.config ?? {}} label="Configuration" height="260px" />
        </Tabs.Panel>
        <Tabs.Panel value="output">
          <JsonView value={node.output ?? {}} label="Output" height="260px" />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

interface RespondProps {
  node: NodeRun;
  config: Record<string, unknown> | null;
}

function Respond({ node, config }: RespondProps) {
  const user = useUser();
  const mine = node.responses?.find((each) => each.submitterInfo.userId === user.id);
  if (mine) return <Alert color="gray">You have responded; others still have to.</Alert>;
  return <InputForm node={node} config={config} />;
}

function InputForm({ node, config }: RespondProps) {
  const state = useActionForm({ subject: { kind: "node", identifier: node.identifier }, entity: null, initial: {} });
  const [pressed, setPressed] = useState<string | undefined>();
  const { form, query } = state;
  if (form === undefined) {
    return query.isError ? <Problem error={query.error} /> : <LoadingRows rows={2} />;
  }
  const buttons = buttonsOf(config);
  const press = (button?: string) => (event?: FormEvent) => {
    event?.preventDefault();
    setPressed(button);
    void state.submit(button);
  };
  return (
    <form onSubmit={press(buttons[0]?.identifier)} noValidate>
      <Stack gap="sm">
        <Text fw={500}>This step waits for your input</Text>
        {form.steps
          .filter((step) => step.visible)
          .flatMap((step) => step.items)
          .map((item) => (
            <Item key={`${item.kind}:${item.identifier}`} item={item} form={form} state={state} />
          ))}
        {state.others.length > 0 && (
          <Alert color="red" role="alert">
            {state.others.join(" ")}
          </Alert>
        )}
        <Group gap="xs">
          {buttons.length === 0 ? (
            <Button type="submit" loading={state.isSending}>
              Submit
            </Button>
          ) : (
            buttons.map((button, at) => (
              <Button
                key={button.identifier}
                type={at === 0 ? "submit" : "button"}
                variant={at === 0 ? "filled" : "default"}
                loading={state.isSending && pressed === button.identifier}
                disabled={state.isSending}
                onClick={at === 0 ? undefined : () => press(button.identifier)()}
              >
                {button.label}
              </Button>
            ))
          )}
        </Group>
      </Stack>
    </form>
  );
}
