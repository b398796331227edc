package io.manta.sharding;

/// A connection is ended by this side, for what the other side sent or failed to send.
///
/// Not a [javax.net.ssl.SSLException]: of those Pekko's TLS says nothing to its TCP, which alone
/// knows whose connection it is.
final class RefusedException extends RuntimeException {
  RefusedException(String reason) {
    super(reason, null, false, false);
  }
}
