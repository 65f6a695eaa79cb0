<?php // Answers when the file is there: the test decides when, and not a clock.
$file = dirname(__DIR__) . '/' . basename($_GET['for']);
for ($i = 0; $i < 6000 && !file_exists($file); $i++) { usleep(5000); clearstatcache(); }
echo "released\n";
