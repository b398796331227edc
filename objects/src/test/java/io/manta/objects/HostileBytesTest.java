package io.manta.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.manta.core.FloatArray;
import io.manta.core.RemoteCallable;
import io.manta.core.SerializationException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Whatever the bytes are, decoding them ends with a value or a SerializationException, soon, and
/// without more memory than they are worth.
class HostileBytesTest {
  private static final int INPUTS = Boolean.getBoolean("manta.long") ? 1_500_000 : 100_000;
  private static final int MOST_CORPUS_BYTES = 20_000;

  /// What a reader of its own takes, and what classes take that are met first.
  private static final long FIXED_BYTES = 2 << 20;

  private static final long BYTES_PER_BYTE = 256;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final ValueCodec codec =
      new ValueCodec(JobClasses.of(getClass().getClassLoader()), List.of());

  private List<byte[]> corpus() {
    int x = Integer.parseInt("3");
    String y = "text";
    RemoteCallable<String> lambda = () -> x + y;
    var values = new ArrayList<Object>(RoundTripTest.equalValues());
    values.addAll(
        List.of(
            lambda,
            (RemoteCallable<Object>) () -> lambda,
            new RoundTripTest.Derived(3),
            new IOException("outer", new IllegalStateException("inner")),
            new int[][] {{1, 2}, {3}},
            new String[] {"a", "b"},
            new boolean[] {true},
            new float[3000],
            new Object[] {new long[600], "x", new double[700]},
            FloatArray.copyOf(1, 2),
            FloatArray.copyOf(new float[2000]),
            ByteBuffer.allocate(10).asReadOnlyBuffer(),
            new StringBuilder("ž")));
    values.add(new ArrayList<>(values.subList(0, 60)));
    return values.stream()
        .map(codec::encode)
        .filter(bytes -> bytes.length < MOST_CORPUS_BYTES)
        .toList();
  }

  private static byte[] mutated(List<byte[]> corpus, Random random) {
    byte[] bytes = corpus.get(random.nextInt(corpus.size())).clone();
    int edits = 1 + random.nextInt(4);
    for (int i = 0; i < edits && bytes.length > 0; i++) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(7)) {
        case 0 -> bytes[at] = (byte) random.nextInt(256);
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> bytes = Arrays.copyOf(bytes, at);
        case 3 -> bytes = spliced(bytes, at, corpus.get(random.nextInt(corpus.size())), random);
        case 4 -> bytes = spliced(bytes, at, new byte[] {-1, -1, -1, -1, 7}, random);
        case 5 -> {
          for (int j = at; j < Math.min(bytes.length, at + 4); j++) {
            bytes[j] = (byte) (random.nextBoolean() ? -1 : 0x7f);
          }
        }
        default -> bytes[Math.min(at, 16 % bytes.length)] = (byte) random.nextInt(64);
      }
    }
    return bytes;
  }

  /// Some bytes of another in place of some.
  private static byte[] spliced(byte[] bytes, int at, byte[] other, Random random) {
    int from = random.nextInt(other.length);
    int count = 1 + random.nextInt(Math.min(other.length - from, 200));
    int dropped = random.nextInt(Math.min(bytes.length - at, 50) + 1);
    byte[] result = new byte[bytes.length - dropped + count];
    System.arraycopy(bytes, 0, result, 0, at);
    System.arraycopy(other, from, result, at, count);
    System.arraycopy(bytes, at + dropped, result, at + count, bytes.length - at - dropped);
    return result;
  }

  @Test
  @Timeout(value = 900, unit = TimeUnit.SECONDS)
  void shouldEndWithAValueOrOneKindOfErrorAndLittleMemory() {
    List<byte[]> corpus = corpus();
    corpus.forEach(codec::decode); // what is loaded once is not counted
    long seed = System.nanoTime();
    int refused = 0;
    for (int i = 0; i < INPUTS; i++) {
      long inputSeed = seed + i;
      byte[] bytes = mutated(corpus, new Random(inputSeed));
      long before = THREADS.getCurrentThreadAllocatedBytes();
      try {
        codec.decode(bytes);
      } catch (SerializationException e) {
        refused++;
      } catch (Throwable e) {
        throw new AssertionError("input of seed " + inputSeed + "L: " + e, e);
      }
      long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
      assertThat(allocated)
          .as("bytes for %d of seed %dL", bytes.length, inputSeed)
          .isLessThan(FIXED_BYTES + BYTES_PER_BYTE * bytes.length);
    }
    assertThat(refused).isBetween(INPUTS / 4, INPUTS - 1);
  }

  private void assertRefusedCheaply(byte[] bytes) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    assertThatThrownBy(() -> codec.decode(bytes)).isInstanceOf(SerializationException.class);
    assertThat(THREADS.getCurrentThreadAllocatedBytes() - before)
        .isLessThan(FIXED_BYTES + BYTES_PER_BYTE * bytes.length);
  }

  /// With the length of ten, which stands once in the bytes, replaced by a great one.
  private byte[] claiming(Object value, int length) {
    byte[] bytes = codec.encode(value);
    for (int i = 1; i < bytes.length; i++) {
      if (bytes[i] == length) {
        byte[] result = new byte[bytes.length + 4];
        System.arraycopy(bytes, 0, result, 0, i);
        System.arraycopy(new byte[] {-1, -1, -1, -1, 7}, 0, result, i, 5);
        System.arraycopy(bytes, i + 1, result, i + 5, bytes.length - i - 1);
        return result;
      }
    }
    throw new AssertionError("no length of " + length);
  }

  @Test
  void shouldRefuseLengthsThatTheBytesCannotHold() {
    int ten = 10;
    var list = new ArrayList<Object>(java.util.Collections.nCopies(ten, null));
    assertRefusedCheaply(claiming(list, ten));
    assertRefusedCheaply(claiming(new Object[ten], ten));
    assertRefusedCheaply(claiming(new String[ten], ten));
    assertRefusedCheaply(claiming(new byte[ten], ten + 1));
    assertRefusedCheaply(claiming(new java.util.BitSet(), 0));
    var map = new java.util.HashMap<Integer, Integer>();
    for (int i = 100; i < 100 + ten; i++) {
      map.put(i, i);
    }
    assertRefusedCheaply(claiming(map, ten));
  }

  @Test
  void shouldCountTheLengthsOfNestedArraysTogether() {
    // Each array says to be as long as all that follows.
    byte[] one = codec.encode(new Object[] {null});
    byte[] bytes = new byte[200_000];
    bytes[0] = EncodedValue.PLAIN;
    for (int i = 1; i + 8 < bytes.length; i += 6) {
      bytes[i] = one[1];
      bytes[i + 1] = 1;
      bytes[i + 2] = (byte) 0x80;
      bytes[i + 3] = (byte) 0x80;
      bytes[i + 4] = 6;
    }
    assertRefusedCheaply(bytes);
  }

  @Test
  void shouldNotRunAMethodThatALambdaNames() {
    RemoteCallable<Object> lambda = HostileBytesTest::harmless;
    byte[] bytes = codec.encode(lambda);
    String text = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
    byte[] other =
        text.replace("harmless", "harmful!").getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> codec.decode(other))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("Invalid lambda deserialization");
  }

  static Object harmless() {
    return 1;
  }
}
