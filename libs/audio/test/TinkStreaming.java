import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.StreamingAead;
import com.google.crypto.tink.streamingaead.AesGcmHkdfStreamingKey;
import com.google.crypto.tink.streamingaead.AesGcmHkdfStreamingParameters;
import com.google.crypto.tink.streamingaead.StreamingAeadConfig;
import com.google.crypto.tink.util.SecretBytes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/** Encrypts or decrypts files with real Tink. Each line of the file named first: verb, segment size, key, associated data, in, out. */
public final class TinkStreaming {
  public static void main(String[] args) throws Exception {
    StreamingAeadConfig.register();
    for (String line : Files.readAllLines(Path.of(args[0]))) {
      String[] field = line.split("\t");
      StreamingAead aead = open(Integer.parseInt(field[1]), HexFormat.of().parseHex(field[2]));
      byte[] associatedData = HexFormat.of().parseHex(field[3]);
      byte[] input = Files.readAllBytes(Path.of(field[4]));
      Files.write(Path.of(field[5]), field[0].equals("encrypt") ? encrypt(aead, input, associatedData) : decrypt(aead, input, associatedData));
    }
  }

  private static StreamingAead open(int segmentBytes, byte[] key) throws Exception {
    AesGcmHkdfStreamingParameters parameters =
        AesGcmHkdfStreamingParameters.builder()
            .setKeySizeBytes(key.length)
            .setDerivedAesGcmKeySizeBytes(32)
            .setHkdfHashType(AesGcmHkdfStreamingParameters.HashType.SHA256)
            .setCiphertextSegmentSizeBytes(segmentBytes)
            .build();
    SecretBytes secret = SecretBytes.copyFrom(key, InsecureSecretKeyAccess.get());
    return KeysetHandle.newBuilder()
        .addEntry(KeysetHandle.importKey(AesGcmHkdfStreamingKey.create(parameters, secret)).withRandomId().makePrimary())
        .build()
        .getPrimitive(RegistryConfiguration.get(), StreamingAead.class);
  }

  private static byte[] encrypt(StreamingAead aead, byte[] input, byte[] associatedData) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (var stream = aead.newEncryptingStream(out, associatedData)) {
      stream.write(input);
    }
    return out.toByteArray();
  }

  private static byte[] decrypt(StreamingAead aead, byte[] input, byte[] associatedData) throws Exception {
    try (var stream = aead.newDecryptingStream(new ByteArrayInputStream(input), associatedData)) {
      return stream.readAllBytes();
    }
  }
}
