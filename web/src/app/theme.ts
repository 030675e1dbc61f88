import { createTheme, type MantineColorsTuple } from "@mantine/core";

/** The green of a fairway: 6 carries white text at 5.2:1. */
const fairway: MantineColorsTuple = [
  "#e6f7f0",
  "#d0ebe0",
  "#a2d6c1",
  "#70c0a0",
  "#47ad84",
  "#2ca272",
  "#0b7a5b",
  "#086b4f",
  "#045c43",
  "#004b36",
];

export const theme = createTheme({
  primaryColor: "fairway",
  primaryShade: 6,
  autoContrast: true,
  colors: { fairway },
  fontFamily: '"Inter Variable", system-ui, sans-serif',
  fontFamilyMonospace: '"JetBrains Mono Variable", ui-monospace, monospace',
  defaultRadius: "md",
  cursorType: "pointer",
  components: {
    Modal: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
    Notification: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
    Drawer: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
    // the placeholder is a presentational child with a tab index, which a menu may not have
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
  },
  headings: { fontWeight: "650" },
});
