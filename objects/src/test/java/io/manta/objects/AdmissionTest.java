package io.manta.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.core.RemoteCallable;
import io.manta.core.SerializationException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Packages that are allowed, and serializers of the user's.
class AdmissionTest {
  private static final Map<String, String> SHOP =
      Map.of(
          "shop.Order",
          "package shop; public record Order(int id) {}",
          "shop.Bodies",
          "package shop; public class Bodies { public static int made;"
              + " public static io.manta.core.RemoteCallable<Integer> body(int x) { return () -> x; } }",
          "shop.Failed",
          "package shop; public class Failed extends RuntimeException {"
              + " public Failed(String m) { super(m); } }",
          "shop.Money",
          "package shop; public class Money { final long cents;"
              + " Money(long cents) { this.cents = cents; }"
              + " public String toString() { return cents + \" cents\"; } }",
          "shop.MoneySerializer",
          "package shop; import java.io.*;"
              + " public class MoneySerializer implements io.manta.core.ValueSerializer<Money> {"
              + " public Class<Money> type() { return Money.class; }"
              + " public void write(Money m, DataOutput out) throws IOException { out.writeLong(m.cents + 1000); }"
              + " public Money read(DataInput in, Class<? extends Money> type) throws IOException {"
              + " return new Money(in.readLong()); } }");

  @TempDir private Path folder;

  private static Object body(Build build, int x) throws ReflectiveOperationException {
    return build.loader().loadClass("shop.Bodies").getMethod("body", int.class).invoke(null, x);
  }

  @Test
  void shouldAdmitAllPackagesWhereNoneIsNamed() throws Exception {
    var any = new Build(folder, SHOP);

    assertThat(any.codec().decode(any.codec().encode(any.make("shop.Order", 1))))
        .hasToString("Order[id=1]");
    assertThat(((RemoteCallable<?>) any.codec().decode(any.codec().encode(body(any, 3)))).call())
        .isEqualTo(3);
  }

  @Test
  void shouldAdmitOnlyThePackagesNamed() throws Exception {
    var shop = new Build(folder, SHOP, "shop");
    var others = new Build(folder, SHOP, "sho", "org.example");
    Object order = shop.make("shop.Order", 1);
    byte[] bytes = shop.codec().encode(List.of(order));
    byte[] lambda = shop.codec().encode(body(shop, 3));

    assertThat(shop.codec().decode(bytes)).hasToString("[Order[id=1]]");
    assertThat(others.codec().decode(others.codec().encode(List.of(1, URI.create("a:b")))))
        .isEqualTo(List.of(1, URI.create("a:b")));
    assertThatThrownBy(() -> others.codec().encode(List.of(others.make("shop.Order", 1))))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("[0] can't be encoded: shop.Order can't travel")
        .hasMessageContaining("serialization-packages = org.example,sho")
        .hasMessageContaining("add shop there, on every node and driver");
    assertThatThrownBy(() -> others.codec().decode(bytes))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("shop.Order can't travel");
    assertThatThrownBy(() -> others.codec().decode(lambda))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("shop.Bodies can't travel");
  }

  @Test
  void shouldNotMakeThrowablesOfOtherPackages() {
    var shop = new Build(folder, SHOP, "shop");
    var others = new Build(folder, SHOP, "org.example");
    byte[] failure = Failures.encode((Throwable) shop.make("shop.Failed", "full"));

    assertThat(shop.codec().decodeFailure(failure).getClass().getName()).isEqualTo("shop.Failed");
    assertThat(others.codec().decodeFailure(failure))
        .isInstanceOf(UnknownThrowable.class)
        .hasMessage("shop.Failed: full");
    assertThatThrownBy(
            () -> shop.codec().decodeFailure(java.util.Arrays.copyOf(failure, failure.length / 2)))
        .isInstanceOf(SerializationException.class);
  }

  @Test
  void shouldUseASerializerThatIsRegisteredAndSendItAlong() throws Exception {
    var job = new Build(folder, SHOP);
    Path services =
        Path.of(job.loader().getResource("shop").toURI()).resolveSibling("META-INF/services");
    Files.createDirectories(services);
    Files.writeString(services.resolve("io.manta.core.ValueSerializer"), "shop.MoneySerializer\n");
    var registered = new ValueCodec(JobClasses.of(job.loader()), List.of());
    byte[] bytes = registered.encode(List.of(job.make("shop.Money", 5L)));

    assertThat(registered.decode(bytes)).hasToString("[1005 cents]");
    // Which has the classes, and no entry for the service.
    var other = new Build(folder, SHOP);
    Object read = other.codec().decode(bytes);
    assertThat(read).hasToString("[1005 cents]");
    assertThat(registered.decode(other.codec().encode(read))).hasToString("[2005 cents]");
  }

  @Test
  void shouldRefuseASerializerOfAnotherType() throws Exception {
    var job = new Build(folder, SHOP);
    Path services =
        Path.of(job.loader().getResource("shop").toURI()).resolveSibling("META-INF/services");
    Files.createDirectories(services);
    Files.writeString(services.resolve("io.manta.core.ValueSerializer"), "shop.MoneySerializer\n");
    byte[] bytes =
        new ValueCodec(JobClasses.of(job.loader()), List.of()).encode(job.make("shop.Money", 5L));
    byte[] renamed =
        new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1)
            .replaceFirst("shop.Money", "shop.Order")
            .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);

    assertThatThrownBy(() -> new Build(folder, SHOP).codec().decode(renamed))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("shop.MoneySerializer reads no shop.Order");
  }
}
