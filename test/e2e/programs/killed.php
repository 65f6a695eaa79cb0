<?php // Its process is killed: before it wrote anything, or in the middle of its answer.
if (isset($_GET['out'])) { while (ob_get_level()) ob_end_flush(); echo str_repeat('y', 5000); flush(); }
exec('kill -9 ' . getmypid()); usleep(10000000);
