"""Social messages: by signed webhooks both ways (Standard Webhooks), whatever platform is behind them."""
