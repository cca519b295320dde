/** Constructs that deploy a team into an AWS account. */
export {}
