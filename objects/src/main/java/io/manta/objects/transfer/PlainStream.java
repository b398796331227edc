package io.manta.objects.transfer;

import io.manta.objects.security.Credentials;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Optional;

/// The bytes as they are.
record PlainStream(SocketChannel channel) implements ByteStream {
  @Override
  public Optional<Credentials> credentials(String token) {
    return Optional.empty();
  }

  @Override
  public void write(ByteBuffer[] bytes) throws IOException {
    channel.write(bytes);
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    return channel.read(into);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
