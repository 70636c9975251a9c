"""Tables: comma-separated text and workbooks, in and out."""
