"""Pages, their widgets and permissions, the folders of the sidebar, and saved views."""
