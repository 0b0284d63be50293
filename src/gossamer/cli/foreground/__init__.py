"""`gossamer up` beyond the start: how it came out, a second time, and what it goes on showing."""
