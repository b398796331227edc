package io.manta.objects.transfer;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// A stretch of network before a holder: passes on as many of the holder's bytes as it is allowed
/// to, counts them, and can break.
final class Relay implements AutoCloseable {
  private final InetSocketAddress target;
  private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicLong passed = new AtomicLong();
  private long allowed;

  Relay(InetSocketAddress target, long allowed) throws IOException {
    this.target = target;
    this.allowed = allowed;
    Thread.ofVirtual().start(this::accept);
  }

  InetSocketAddress address() {
    return new InetSocketAddress(server.getInetAddress(), server.getLocalPort());
  }

  /// How many bytes of the holder's were passed on.
  long passed() {
    return passed.get();
  }

  synchronized void allow(long bytes) {
    allowed = bytes;
    notifyAll();
  }

  private synchronized void awaitAllowed() throws InterruptedException {
    while (passed.get() >= allowed) {
      wait();
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket receiver = server.accept();
        Socket holder = new Socket(target.getAddress(), target.getPort());
        sockets.add(receiver);
        sockets.add(holder);
        Thread.ofVirtual().start(() -> pass(receiver, holder, false));
        Thread.ofVirtual().start(() -> pass(holder, receiver, true));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void pass(Socket from, Socket to, boolean counted) {
    byte[] buffer = new byte[4096];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (counted) {
          awaitAllowed();
          passed.addAndGet(read);
        }
        out.write(buffer, 0, read);
      }
    } catch (IOException | InterruptedException e) {
      // closed
    }
  }

  /// Breaks all connections and lets nobody connect.
  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
