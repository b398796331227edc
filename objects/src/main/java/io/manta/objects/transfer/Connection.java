package io.manta.objects.transfer;

import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import io.manta.objects.security.Credentials;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Consumer;

/// One TCP connection between a receiver and a holder, used by one thread at a time; another may
/// close it when it is silent for too long.
///
/// A request is an object id (owner, number), an offset and a length. The answer is a [Status] and
/// the length of the object, then the bytes when the status is `HERE`. A request of length 0 asks
/// for the length of the object alone.
final class Connection implements AutoCloseable {
  enum Status {
    /// The bytes follow.
    HERE(0),
    /// The holder is receiving the object itself and these bytes have not come.
    LATER(1),
    /// The holder has no such object.
    MISSING(2);

    private final byte code;

    Status(int code) {
      this.code = (byte) code;
    }

    private static Status of(byte code) throws IOException {
      for (Status status : values()) {
        if (status.code == code) {
          return status;
        }
      }
      throw new IOException("an answer of kind " + code + " is not of this version of Manta");
    }
  }

  record Request(ObjectId id, long offset, int length) {}

  record Answer(Status status, long total) {}

  private static final int REQUEST = 3 * Long.BYTES + Integer.BYTES;
  private static final int ANSWER = Byte.BYTES + Long.BYTES;

  private volatile ByteStream stream;
  private final Consumer<Connection> closed;
  private final ByteBuffer small = ByteBuffer.allocateDirect(64);
  private volatile long moved = System.nanoTime();
  private volatile Optional<Credentials> credentials = Optional.empty();

  /// @param closed is told when it was closed
  Connection(ByteStream stream, Consumer<Connection> closed) {
    this.stream = stream;
    this.closed = closed;
  }

  /// From now on what is written and read goes by this.
  void encrypt(TlsStream encrypted) {
    stream = encrypted;
  }

  /// The other side has shown that it knows a token.
  void believed(String token) {
    credentials = stream.credentials(token);
  }

  /// By what it is believed; empty until then, and where it shows no certificate.
  Optional<Credentials> credentials() {
    return credentials;
  }

  /// Nanoseconds since a byte came or went.
  long silence() {
    return System.nanoTime() - moved;
  }

  void write(ByteBuffer... bytes) throws IOException {
    ByteBuffer last = bytes[bytes.length - 1];
    while (last.hasRemaining()) {
      stream.write(bytes);
      moved = System.nanoTime();
    }
  }

  void read(ByteBuffer into) throws IOException {
    while (into.hasRemaining()) {
      if (stream.read(into) < 0) {
        throw new EOFException("the other side closed the connection");
      }
      moved = System.nanoTime();
    }
  }

  void send(Request request) throws IOException {
    small
        .clear()
        .putLong(request.id.owner().value())
        .putLong(request.id.number())
        .putLong(request.offset)
        .putInt(request.length);
    write(small.flip());
  }

  /// The next request, or nothing when the receiver has all that it wants.
  Optional<Request> receive() throws IOException {
    small.clear().limit(REQUEST);
    if (stream.read(small) < 0) {
      return Optional.empty();
    }
    read(small);
    small.flip();
    var id = new ObjectId(new NodeId(small.getLong()), small.getLong());
    return Optional.of(new Request(id, small.getLong(), small.getInt()));
  }

  void answer(Status status, long total, ByteBuffer bytes) throws IOException {
    small.clear().put(status.code).putLong(total).flip();
    if (bytes.hasRemaining()) {
      write(small, bytes);
    } else {
      write(small);
    }
  }

  Answer answer() throws IOException {
    small.clear().limit(ANSWER);
    read(small);
    small.flip();
    return new Answer(Status.of(small.get()), small.getLong());
  }

  @Override
  public void close() throws IOException {
    closed.accept(this);
    stream.close();
  }
}
