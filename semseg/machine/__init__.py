"""What this machine's Python needs before others can work on it; imports nothing else of semseg but its errors."""
