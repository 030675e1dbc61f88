/** What other screens show of dashboards. */
export { DashboardBoard } from "./board";
export { MyEntities, RecentlyViewed } from "./widgets/others";
