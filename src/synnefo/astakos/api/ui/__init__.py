"""What the web interface needs: sessions in a browser."""
