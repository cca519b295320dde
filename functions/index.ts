/** What runs on Lambda: one file a function, composed for a team by the bundle that `baton/infra` makes. */
export {}
