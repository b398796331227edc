package io.manta.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.manta.objects.security.SecurityFolder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509TrustManager;

/// Peers that a cluster has to refuse, and what they send.
final class Strangers {
  private static final int PATIENCE_MILLIS = 30_000;

  private Strangers() {}

  static Socket connect(int port) throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(PATIENCE_MILLIS);
    return socket;
  }

  /// As lines of the log name it.
  static String refused(Socket socket) {
    return "a connection from 127.0.0.1:" + socket.getLocalPort() + " was refused";
  }

  /// Whether the other side has closed it, or does so in time.
  static void awaitClosed(Socket socket) {
    try {
      while (socket.getInputStream().read() >= 0) {
        // an alert of TLS may come first
      }
    } catch (SocketTimeoutException e) {
      throw new AssertionError("the connection is still open", e);
    } catch (IOException e) {
      // it was reset
    }
  }

  static void send(Socket socket, byte[] bytes) {
    try {
      OutputStream out = socket.getOutputStream();
      out.write(bytes);
      out.flush();
    } catch (IOException e) {
      // closed by the other side already
    }
  }

  /// What speaks no TLS: HTTP, and bytes at random.
  static List<byte[]> noTls() {
    byte[] garbage = new byte[4096];
    new Random(7).nextBytes(garbage);
    return List.of("GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII), garbage);
  }

  /// A ClientHello as TLS 1.1 has it, by hand: the JDK makes none any more.
  static byte[] helloOfTls11() {
    var hello = new ByteArrayOutputStream();
    hello.writeBytes(new byte[] {3, 2}); // its version
    hello.writeBytes(new byte[32]); // random
    hello.write(0); // no session
    hello.writeBytes(new byte[] {0, 4, 0, 0x2f, 0, 0x35}); // two suites
    hello.writeBytes(new byte[] {1, 0}); // no compression
    var record = new ByteArrayOutputStream();
    record.writeBytes(new byte[] {0x16, 3, 1, 0, (byte) (hello.size() + 4)});
    record.writeBytes(new byte[] {1, 0, 0, (byte) hello.size()});
    record.writeBytes(hello.toByteArray());
    return record.toByteArray();
  }

  static SSLSocket tls(SSLContext context, Socket socket, String protocol) throws IOException {
    SSLSocket tls =
        (SSLSocket)
            context.getSocketFactory().createSocket(socket, "127.0.0.1", socket.getPort(), true);
    tls.setEnabledProtocols(new String[] {protocol});
    return tls;
  }

  /// It may fail, or only what is read after it.
  static void handshake(SSLSocket tls) {
    try {
      tls.startHandshake();
    } catch (IOException e) {
      // refused already
    }
  }

  /// Of a process that has no certificate.
  static SSLContext bare() throws Exception {
    SSLContext bare = SSLContext.getInstance("TLS");
    bare.init(null, new TrustManager[] {new Credulous()}, null);
    return bare;
  }

  /// Of one that shows a certificate whatever authority the other side asks for.
  static SSLContext insistent(Path security) throws Exception {
    SSLContext insistent = SSLContext.getInstance("TLS");
    insistent.init(
        new KeyManager[] {new Insistent(security)}, new TrustManager[] {new Credulous()}, null);
    return insistent;
  }

  /// Keeps so many connections open that say nothing, or only how TLS begins; what the other side
  /// ends is made again.
  static final class Flood implements AutoCloseable {
    private static final int THREADS = 4;
    private final int port;
    private final List<Socket> sockets = Collections.synchronizedList(new ArrayList<>());
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;

    Flood(int port, int count) throws IOException {
      this.port = port;
      for (int i = 0; i < count; i++) {
        sockets.add(begun(i));
      }
      for (int first = 0; first < THREADS; first++) {
        int mine = first;
        threads.add(Thread.ofPlatform().daemon().start(() -> renew(mine)));
      }
    }

    private Socket begun(int i) throws IOException {
      Socket socket = connect(port);
      if (i % 2 == 0) {
        send(socket, new byte[] {0x16, 3, 1});
      }
      return socket;
    }

    private void renew(int first) {
      while (!stopped) {
        for (int i = first; i < sockets.size() && !stopped; i += THREADS) {
          try {
            if (isEnded(sockets.get(i))) {
              sockets.get(i).close();
              sockets.set(i, begun(i));
            }
          } catch (IOException e) {
            // the other side does not accept; at the next round
          }
        }
      }
    }

    /// From now on nothing is made again.
    void stop() {
      stopped = true;
      for (Thread thread : threads) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
    }

    private static boolean isEnded(Socket socket) throws IOException {
      socket.setSoTimeout(1);
      try {
        return socket.getInputStream().read() < 0;
      } catch (SocketTimeoutException e) {
        return false;
      } catch (IOException e) {
        return true;
      }
    }

    void awaitAllClosed() throws IOException {
      for (Socket socket : sockets) {
        if (!socket.isClosed()) {
          socket.setSoTimeout(PATIENCE_MILLIS);
          awaitClosed(socket);
        }
      }
    }

    @Override
    public void close() throws IOException {
      stop();
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  /// Believes any server.
  private static final class Credulous implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  /// Shows its certificate whatever authority the other side asks for.
  private static final class Insistent extends X509ExtendedKeyManager {
    private final X509Certificate certificate;
    private final PrivateKey key;

    Insistent(Path security) throws Exception {
      try (InputStream in = Files.newInputStream(security.resolve(SecurityFolder.CERTIFICATE))) {
        certificate =
            (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
      }
      String pem = Files.readString(security.resolve(SecurityFolder.KEY));
      byte[] encoded = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
      key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded));
    }

    @Override
    public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
      return "own";
    }

    @Override
    public String[] getClientAliases(String type, Principal[] issuers) {
      return new String[] {"own"};
    }

    @Override
    public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
      return "own";
    }

    @Override
    public String[] getServerAliases(String type, Principal[] issuers) {
      return new String[] {"own"};
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return new X509Certificate[] {certificate};
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return key;
    }
  }
}
