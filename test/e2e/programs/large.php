<?php header('Content-Type: application/octet-stream'); $kilobyte = str_repeat('x', 1024); for ($i = (int) $_GET['kb']; $i > 0; $i--) echo $kilobyte;
