/** What AWS's own tools and SDKs need in their environment to talk to a LocalStack instead of AWS. */
export function endpointVariables(endpoint: string): Readonly<Record<string, string>> {
  return {
    LOCALSTACK_ENDPOINT: endpoint,
    AWS_ENDPOINT_URL: endpoint,
    // Said twice: an address in numbers makes S3 use paths, where host names would need DNS.
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  }
}
