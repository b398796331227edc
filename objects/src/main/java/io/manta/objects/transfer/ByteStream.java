package io.manta.objects.transfer;

import io.manta.objects.security.Credentials;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/// What the bytes of a connection come and go by, encrypted or not.
interface ByteStream extends AutoCloseable {
  /// By what the other side is believed; empty where it shows no certificate.
  ///
  /// @param token that it has shown to know
  Optional<Credentials> credentials(String token);

  /// Writes some of the bytes, as much as may be.
  void write(ByteBuffer[] bytes) throws IOException;

  /// Reads some bytes.
  ///
  /// @return how many, −1 at the end
  int read(ByteBuffer into) throws IOException;

  /// Ends it at once, whatever another thread does with it.
  @Override
  void close() throws IOException;
}
