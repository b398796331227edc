package io.manta.objects.transfer;

import io.manta.objects.security.Credentials;
import io.manta.objects.security.SecurityFolder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import javax.net.ssl.SSLSocket;

/// The bytes encrypted by TLS.
final class TlsStream implements ByteStream {
  private static final int MOST = 16 << 10; // what fits into a record

  private final SocketChannel channel;
  private final SSLSocket socket;
  private final InputStream in;
  private final OutputStream out;
  private final byte[] buffer = new byte[MOST];

  private TlsStream(SocketChannel channel, SSLSocket socket) throws IOException {
    this.channel = channel;
    this.socket = socket;
    this.in = socket.getInputStream();
    this.out = socket.getOutputStream();
  }

  /// Blocks until both sides have shown their certificates.
  ///
  /// @param server whether the other side connected
  /// @param host of the other side
  /// @throws IOException when they do not believe each other
  static TlsStream begin(
      SecurityFolder security, SocketChannel channel, boolean server, String host)
      throws IOException {
    SSLSocket socket = security.over(channel.socket(), server, host);
    socket.startHandshake();
    return new TlsStream(channel, socket);
  }

  @Override
  public Optional<Credentials> credentials(String token) {
    return SecurityFolder.credentials(socket, token);
  }

  @Override
  public void write(ByteBuffer[] bytes) throws IOException {
    int length = 0;
    for (ByteBuffer each : bytes) {
      int part = Math.min(each.remaining(), MOST - length);
      each.get(buffer, length, part);
      length += part;
    }
    out.write(buffer, 0, length);
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    int count = in.read(buffer, 0, Math.min(into.remaining(), MOST));
    if (count > 0) {
      into.put(buffer, 0, count);
    }
    return count;
  }

  /// The channel alone: what TLS says at the end may wait for another thread, and every message
  /// says how long it is.
  @Override
  public void close() throws IOException {
    channel.close();
  }
}
