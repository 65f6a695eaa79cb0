// Which PARAMS and headers hold secrets, by their names: passwords, tokens, cookies.

/** Names without HTTP_, in upper case with underscores: PARAMS and header names come to the same. */
const SECRET_NAMES: ReadonlySet<string> = new Set([
  'AUTHORIZATION',
  'PROXY_AUTHORIZATION',
  'COOKIE',
  'COOKIE2',
  'SET_COOKIE',
  'SET_COOKIE2',
  'PHP_AUTH_PW',
  'PHP_AUTH_DIGEST',
  'AUTH_PW',
  'X_API_KEY',
  'API_KEY',
  'APIKEY',
  'X_AUTH_TOKEN',
  'X_ACCESS_TOKEN',
  'X_CSRF_TOKEN',
  'X_XSRF_TOKEN',
  'X_FORWARDED_ACCESS_TOKEN',
  'X_AMZ_SECURITY_TOKEN',
  'X_VAULT_TOKEN',
  'PRIVATE_TOKEN',
]);
/** What fastcgi_param and SetEnv hand to applications: DB_PASSWORD, APP_SECRET, SOME_TOKEN. */
const SECRET_ENDING = /(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|SECRET_KEY|PRIVATE_KEY|ACCESS_KEY|API_KEY|TOKEN)$/;
const MAX_NAME = 256;

/** Whether values of this PARAMS name or header name are secret; letter case and `-` or `_` make no difference. */
export function isSecretName(name: string): boolean {
  if (name.length > MAX_NAME) return false;
  const plain = name
    .trim()
    .toUpperCase()
    .replaceAll('-', '_')
    .replace(/^(?:REDIRECT_)+/, '')
    .replace(/^HTTP_/, '');
  return SECRET_NAMES.has(plain) || SECRET_ENDING.test(plain);
}
