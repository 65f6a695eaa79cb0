<?php
// Does what the last word of the path says.
$query = $_SERVER['QUERY_STRING'];
header('Content-Type: text/plain');
switch (basename(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH))) {
case 'status':
  http_response_code((int)$query);
  echo "status $query";
  break;
case 'body':
  $in = fopen('php://input', 'rb');
  $length = 0;
  $sum = hash_init('crc32b');
  while (!feof($in)) {
    $piece = fread($in, 65536);
    $length += strlen($piece);
    hash_update($sum, $piece);
  }
  echo $length, ' ', hash_final($sum);
  break;
case 'large':
  $piece = str_repeat('0123456789abcdef', 4096);
  for ($left = (int)$query; $left > 0; $left -= strlen($piece)) echo substr($piece, 0, min($left, strlen($piece)));
  break;
case 'error':
  error_log("it went wrong: $query");
  echo 'logged';
  break;
case 'sleep':
  usleep(1000 * (int)$query);
  echo "slept $query";
  break;
case 'pid':
  echo getmypid();
  break;
default:
  header('Set-Cookie: a=1', false);
  header('Set-Cookie: b=2', false);
  echo $_SERVER['REQUEST_METHOD'], ' ', $_SERVER['REQUEST_URI'], ' ', $_SERVER['HTTP_X_WORD'] ?? '';
}
