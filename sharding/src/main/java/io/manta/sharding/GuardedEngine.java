package io.manta.sharding;

import io.manta.objects.security.TlsReasons;
import java.nio.ByteBuffer;
import java.util.function.Predicate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/// The TLS of a connection that came in. Nothing is read of it before its handshake is over and its
/// other side is believed.
final class GuardedEngine extends DelegatingEngine {
  private final Predicate<SSLEngine> believed;

  /// Called once at least: the other side is known, or the connection ends.
  private final Runnable settled;

  private boolean known;

  /// @param believed asked once the handshake is over; else the other side does not know the token
  GuardedEngine(SSLEngine engine, Predicate<SSLEngine> believed, Runnable settled) {
    super(engine);
    this.believed = believed;
    this.settled = settled;
  }

  @Override
  public SSLEngineResult wrap(ByteBuffer[] from, int offset, int length, ByteBuffer to)
      throws SSLException {
    SSLEngineResult result;
    try {
      result = super.wrap(from, offset, length, to);
    } catch (SSLException e) {
      throw refusedUnlessKnown(e);
    }
    check(result.getHandshakeStatus() == HandshakeStatus.FINISHED);
    return result;
  }

  @Override
  public SSLEngineResult unwrap(ByteBuffer from, ByteBuffer[] to, int offset, int length)
      throws SSLException {
    SSLEngineResult result;
    try {
      result = super.unwrap(from, to, offset, length);
    } catch (SSLException e) {
      throw refusedUnlessKnown(e);
    }
    check(result.getHandshakeStatus() == HandshakeStatus.FINISHED || result.bytesProduced() > 0);
    return result;
  }

  private void check(boolean finished) {
    if (known || !finished) {
      return;
    }
    settled.run();
    if (!believed.test(engine)) {
      throw new RefusedException(TlsReasons.TOKEN);
    }
    known = true;
  }

  private SSLException refusedUnlessKnown(SSLException e) {
    if (known) {
      return e;
    }
    settled.run();
    throw new RefusedException(TlsReasons.of(e));
  }

  @Override
  public void closeInbound() throws SSLException {
    settled.run();
    super.closeInbound();
  }

  @Override
  public void closeOutbound() {
    settled.run();
    super.closeOutbound();
  }
}
