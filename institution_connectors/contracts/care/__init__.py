"""What a hospital answers beyond booking: money, stays, queues, reports."""
