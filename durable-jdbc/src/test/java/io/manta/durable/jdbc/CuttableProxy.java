package io.manta.durable.jdbc;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// What lies between a client and a server on loopback, and fails as a network does.
final class CuttableProxy implements AutoCloseable {
  /// What becomes of what clients and server say.
  enum Mode {
    PASS,
    /// A commit reaches the server; its answer does not come back and the connection ends.
    LOSE_ANSWER_TO_COMMIT,
    /// A commit does not reach the server and the connection ends.
    LOSE_COMMIT,
    /// Nothing passes any more, and nobody is told.
    SILENT
  }

  private static final String COMMIT = "COMMIT";

  private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

  /// Clients whose commit went up and whose answer must not come down.
  private final Set<Socket> committing = ConcurrentHashMap.newKeySet();

  private final int target;
  private volatile Mode mode = Mode.PASS;

  CuttableProxy(int target) throws IOException {
    this.target = target;
    Thread.ofPlatform().daemon().name("proxy").start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  void set(Mode next) {
    mode = next;
  }

  private void accept() {
    while (true) {
      try {
        Socket client = server.accept();
        Socket behind = new Socket(InetAddress.getLoopbackAddress(), target);
        sockets.add(client);
        sockets.add(behind);
        Thread.ofPlatform().daemon().name("proxy-up").start(() -> copy(client, behind, true));
        Thread.ofPlatform().daemon().name("proxy-down").start(() -> copy(behind, client, false));
      } catch (IOException e) {
        if (server.isClosed()) {
          return;
        }
      }
    }
  }

  private void copy(Socket from, Socket to, boolean up) {
    byte[] buffer = new byte[64 * 1024];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      int count;
      while ((count = in.read(buffer)) >= 0) {
        boolean commit =
            up && new String(buffer, 0, count, StandardCharsets.ISO_8859_1).contains(COMMIT);
        switch (mode) {
          case PASS -> {}
          case LOSE_COMMIT -> {
            if (commit) {
              return;
            }
          }
          case LOSE_ANSWER_TO_COMMIT -> {
            if (commit) {
              committing.add(from);
            } else if (committing.contains(to)) {
              return;
            }
          }
          case SILENT -> {
            while (mode == Mode.SILENT && in.read(buffer) >= 0) {
              // dropped
            }
            return;
          }
        }
        out.write(buffer, 0, count);
      }
    } catch (IOException e) {
      // one of them ended
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
