#!/usr/bin/env node
/** `baton-localstack up|status|down`. */
export {}
