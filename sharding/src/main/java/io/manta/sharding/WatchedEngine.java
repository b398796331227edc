package io.manta.sharding;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;

/// The TLS of a connection that this process makes. Tells why it is not used.
final class WatchedEngine extends DelegatingEngine {
  private final Consumer<String> failed;

  /// @param failed is given the reason
  WatchedEngine(SSLEngine engine, Consumer<String> failed) {
    super(engine);
    this.failed = failed;
  }

  @Override
  public SSLEngineResult wrap(ByteBuffer[] from, int offset, int length, ByteBuffer to)
      throws SSLException {
    try {
      return super.wrap(from, offset, length, to);
    } catch (SSLException e) {
      failed.accept(String.valueOf(e.getMessage()));
      throw e;
    }
  }

  @Override
  public SSLEngineResult unwrap(ByteBuffer from, ByteBuffer[] to, int offset, int length)
      throws SSLException {
    try {
      return super.unwrap(from, to, offset, length);
    } catch (SSLException e) {
      failed.accept(String.valueOf(e.getMessage()));
      throw e;
    }
  }
}
