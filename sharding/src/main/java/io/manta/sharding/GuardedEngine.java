package io.manta.sharding;

import java.nio.ByteBuffer;
import java.util.function.Predicate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/// The TLS of a connection that came in. Nothing is read of it before its other side has shown a
/// certificate and that it knows the token.
final class GuardedEngine extends DelegatingEngine {
  private final Predicate<SSLEngine> knowsToken;

  /// Called once: the other side is known, or the connection ends.
  private final Runnable settled;

  private boolean known;

  GuardedEngine(SSLEngine engine, Predicate<SSLEngine> knowsToken, Runnable settled) {
    super(engine);
    this.knowsToken = knowsToken;
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

  private void check(boolean certificateShown) {
    if (known || !certificateShown) {
      return;
    }
    settled.run();
    if (!knowsToken.test(engine)) {
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
