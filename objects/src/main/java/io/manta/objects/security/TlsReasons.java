package io.manta.objects.security;

import java.io.EOFException;
import java.net.SocketException;
import java.util.Locale;

/// What errors of handshakes mean, as parts of a sentence about the other side.
public final class TlsReasons {
  public static final String TOKEN = "it does not know the cluster's token";

  private TlsReasons() {}

  /// Whether the other side ended the connection, without a word of why.
  public static boolean wentAway(Exception e) {
    return e instanceof EOFException
        || e.getCause() instanceof EOFException
        || e.getCause() instanceof SocketException
        || e instanceof SocketException;
  }

  public static String of(Exception e) {
    String text = String.valueOf(e.getMessage());
    String lower = text.toLowerCase(Locale.ROOT);
    if (lower.contains("unrecognized ssl message")) {
      return "it does not speak TLS, as this port does: give nodes and programs the cluster's"
          + " 'security', HTTP clients https://";
    }
    if (lower.contains("no_application_protocol") || lower.contains("application layer protocol")) {
      return TOKEN;
    }
    if (lower.contains("empty client certificate chain")) {
      return "it has no certificate of this cluster";
    }
    if (lower.contains("alert: certificate_") || lower.contains("alert: bad_certificate")) {
      return "it does not believe this process's certificate: " + text;
    }
    if (lower.contains("path building failed") || lower.contains("path validation failed")) {
      return "its certificate is not of this cluster, or not valid: " + text;
    }
    return text;
  }
}
