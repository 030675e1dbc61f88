import { Alert, Box, Button, Divider, Group, Loader, Stack, Text, Title } from "@mantine/core";
import { IconAlertTriangle, IconArrowLeft, IconArrowRight, IconInfoCircle } from "@tabler/icons-react";
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { LoadingRows, Problem } from "@/ui/states";
import type { Form, FormItem, FormStep, Subject, Values } from "./api";
import { Field } from "./fields/field";
import classes from "./form.module.css";
import { useDraft, useFavourites } from "./memory";
import { isSecret, shownValue, stepOf, withoutSecrets } from "./model";
import { ReviewList } from "./review";
import { StepList } from "./steps";
import { CopyCall } from "./summary";
import { type ActionFormState, useActionForm } from "./use-form";

interface Props {
  subject: Subject;
  /** Under what it is remembered as used. */
  favourite: string;
  entity: string | null;
  /** Values of an earlier run, or of an address; they win over a draft. */
  initial?: Values;
  submitText: string;
  danger?: boolean;
  onStarted: (run: string, values: Values) => void;
  onCancel?: () => void;
  children?: ReactNode;
}

/** The form of an action: one column, steps where it has some, a review of what will be sent, and the button. */
export function ActionForm(props: Props) {
  const { subject, entity, initial } = props;
  const draft = useDraft(subject, entity);
  const [restored, setRestored] = useState(() => (initial === undefined ? draft.read() : null));
  const state = useActionForm({ subject, entity, initial: initial ?? restored ?? {} });
  const { form, asked } = state;
  // biome-ignore lint/correctness/useExhaustiveDependencies: written when the values have settled
  useEffect(() => {
    if (form && !state.isDone) draft.write(withoutSecrets(asked, form));
  }, [asked, form]);
  if (form === undefined) {
    if (state.query.isError) return <Problem error={state.query.error} retry={() => void state.query.refetch()} />;
    return <LoadingRows rows={5} height={44} />;
  }
  return (
    <Stack gap="md">
      {restored !== null && (
        <Alert
          icon={<IconInfoCircle aria-hidden />}
          color="gray"
          withCloseButton
          closeButtonLabel="Close"
          onClose={() => setRestored(null)}
        >
          <Group gap="sm">
            <Text size="sm">What you had typed here before is filled in; secrets are not kept.</Text>
            <Button
              size="compact-xs"
              variant="default"
              onClick={() => {
                state.reset({});
                setRestored(null);
              }}
            >
              Start over
            </Button>
          </Group>
        </Alert>
      )}
      <Steps {...props} state={state} form={form} forget={() => draft.write({})} />
    </Stack>
  );
}

interface StepsProps extends Props {
  state: ActionFormState;
  form: Form;
  forget: () => void;
}

const inputsOf = (step: FormStep | undefined): string[] =>
  (step?.items ?? []).flatMap((item) => (item.kind === "input" ? [item.identifier] : []));

function Steps({ state, form, forget, ...props }: StepsProps) {
  const frame = useRef<HTMLFormElement>(null);
  const [at, setAt] = useState(0);
  const [complaint, setComplaint] = useState(0);
  const { used } = useFavourites();
  const steps = form.steps.filter((step) => step.visible);
  const many = steps.length > 1;
  const last = many ? steps.length : 0;
  const current = Math.min(at, last);
  const isReview = many && current === steps.length;
  useEffect(() => {
    if (complaint > 0) focusFirstError(frame.current);
  }, [complaint]);
  const goOn = async () => {
    if (await state.check(inputsOf(steps[current]))) {
      setAt(current + 1);
      requestAnimationFrame(() => focusFirst(frame.current));
    } else setComplaint((before) => before + 1);
  };
  const send = async () => {
    const outcome = await state.submit();
    if ("run" in outcome) {
      forget();
      used(props.favourite);
      props.onStarted(outcome.run, state.values);
      return;
    }
    if (many && outcome.wrong.length > 0) setAt(stepOf(form, outcome.wrong));
    setComplaint((before) => before + 1);
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    void (current < last ? goOn() : send());
  };
  const step = steps[current];
  return (
    <form ref={frame} onSubmit={onSubmit} noValidate className={many ? classes.wizard : undefined}>
      {many && (
        <StepList
          titles={[...steps.map((each, number) => each.title || `Step ${number + 1}`), "Review"]}
          current={current}
          wrong={steps.map((each) => inputsOf(each).some((name) => isWrong(state, form, name)))}
          onGo={(to) => (to > current ? void goOn() : setAt(to))}
        />
      )}
      <Stack gap="md" miw={0}>
        {form.problems.map((problem) => (
          <Alert key={problem.key} color="yellow" icon={<IconAlertTriangle aria-hidden />}>
            {problem.message}
          </Alert>
        ))}
        {isReview ? (
          <ReviewList form={form} values={state.values} onEdit={(name) => setAt(stepOf(form, [name]))} />
        ) : (
          <>
            {many && step?.title && (
              <Title order={2} size="h5">
                {step.title}
              </Title>
            )}
            {step?.items.map((item) => (
              <Item key={`${item.kind}:${item.identifier}`} item={item} form={form} state={state} />
            ))}
            {form.order.length === 0 && <Text c="dimmed">This action asks for nothing.</Text>}
          </>
        )}
        {state.others.length > 0 && (
          <Alert color="red" role="alert" title="The portal refuses this" icon={<IconAlertTriangle aria-hidden />}>
            {state.others.map((text) => (
              <div key={text}>{text}</div>
            ))}
          </Alert>
        )}
        {props.children}
        <Group justify="space-between" gap="xs" className={classes.buttons}>
          <Group gap="xs">
            <CopyCall subject={props.subject} form={form} values={state.values} entity={props.entity} />
            <Box w={20} h={20} aria-hidden>
              {state.query.isFetching && <Loader size={16} />}
            </Box>
          </Group>
          <Group gap="xs">
            {current > 0 ? (
              <Button variant="default" leftSection={<IconArrowLeft size={16} />} onClick={() => setAt(current - 1)}>
                Back
              </Button>
            ) : (
              props.onCancel && (
                <Button variant="default" onClick={props.onCancel}>
                  Cancel
                </Button>
              )
            )}
            {current < last ? (
              <Button type="submit" rightSection={<IconArrowRight size={16} />}>
                {current === last - 1 ? "Review" : "Next"}
              </Button>
            ) : (
              <Button
                type="submit"
                color={props.danger ? "red" : undefined}
                loading={state.isSending}
                disabled={!form.offered}
                title={form.offered ? undefined : "This action is not offered on this entity"}
              >
                {props.submitText}
              </Button>
            )}
          </Group>
        </Group>
      </Stack>
    </form>
  );
}

function isWrong(state: ActionFormState, form: Form, name: string): boolean {
  const input = form.inputs[name];
  return input?.visible === true && state.errorOf(input) !== undefined;
}

/** One input of a form, or the head of a section. */
export function Item({ item, form, state }: { item: FormItem; form: Form; state: ActionFormState }) {
  if (item.kind === "title") {
    if (!item.visible) return null;
    return (
      <div>
        <Divider mb="xs" />
        <Title order={3} size="h6">
          {item.title}
        </Title>
        {item.description && (
          <Text size="sm" c="dimmed">
            {item.description}
          </Text>
        )}
      </div>
    );
  }
  const input = form.inputs[item.identifier];
  if (input === undefined || !input.visible) return null;
  return (
    <Box
      data-input={input.identifier}
      onFocus={() => state.setFocused(input.identifier)}
      onBlur={() => state.setFocused(null)}
    >
      <Field
        input={input}
        value={isSecret(input) ? (state.values[input.identifier] ?? null) : shownValue(state.values, input)}
        onChange={(value) => state.set(input, value)}
        error={state.errorOf(input)}
      />
      {input.problems.map((problem) => (
        <Text key={problem.key} size="xs" c="dimmed" mt={4}>
          <IconAlertTriangle size={12} aria-hidden /> The {problem.key} of this input could not be worked out:{" "}
          {problem.message}
        </Text>
      ))}
    </Box>
  );
}

const FIELDS = "input:not([type=hidden]):not([disabled]), textarea:not([disabled]), [contenteditable=true]";

function focusFirst(frame: HTMLElement | null): void {
  const field = frame?.querySelector<HTMLElement>(`[data-input] :is(${FIELDS})`);
  (field ?? frame?.querySelector<HTMLElement>("button[type=submit]"))?.focus();
}

/** Leads to the first field that is complained about, so that nobody has to look for it. */
function focusFirstError(frame: HTMLElement | null): void {
  requestAnimationFrame(() => {
    const marked = frame?.querySelector<HTMLElement>("[data-input] [aria-invalid=true], [data-input] [data-error]");
    const field = marked?.matches(FIELDS)
      ? marked
      : marked?.closest("[data-input]")?.querySelector<HTMLElement>(FIELDS);
    field?.focus();
  });
}
