<?php error_log('the cart is empty'); header('Content-Type: text/plain'); call_to_nothing();
