import type { Widget } from "../model";
import { CountsWidget, LineWidget, NumberWidget } from "./figures";
import {
  ActionsWidget,
  FrameWidget,
  LinksWidget,
  MarkdownWidget,
  MyEntities,
  RecentlyViewed,
  TableWidget,
  UnknownWidget,
} from "./others";

/** The content of a widget, by its kind. */
export function WidgetContent({ widget }: { widget: Widget }) {
  switch (widget.type) {
    case "entities-number-chart":
      return <NumberWidget widget={widget} />;
    case "entities-pie-chart":
      return <CountsWidget widget={widget} kind="pie" />;
    case "bar-chart":
      return <CountsWidget widget={widget} kind="bar" />;
    case "line-chart":
      return <LineWidget widget={widget} />;
    case "table-entities-explorer":
      return <TableWidget widget={widget} />;
    case "markdown":
      return <MarkdownWidget widget={widget} />;
    case "iframe-widget":
      return <FrameWidget widget={widget} />;
    case "action-card-widget":
      return <ActionsWidget widget={widget} />;
    case "links-widget":
      return <LinksWidget widget={widget} />;
    case "my-entities":
      return <MyEntities />;
    case "recently-viewed-entities":
      return <RecentlyViewed />;
    default:
      return <UnknownWidget widget={widget} />;
  }
}
