import { describe, expect, it } from '@jest/globals';
import { parseCredentialProcess, parseCredentialsFile } from '../../../repository/stores/s3-credentials.ts';

describe('a credentials file', () => {
  it('is read by its default profile only', () => {
    const content = [
      '# made by hand',
      '[other]',
      'aws_access_key_id = wrong',
      'aws_secret_access_key = wrong',
      '[default]',
      'aws_access_key_id=AKIA',
      '  aws_secret_access_key =  se/cr+et== ',
      'region = eu-central-1',
      '[last]',
      'aws_session_token = wrong',
    ];
    expect(parseCredentialsFile(content.join('\r\n'), 'x')).toEqual({
      accessKeyId: 'AKIA',
      secretAccessKey: 'se/cr+et==',
    });
  });

  it('may hold a session token', () => {
    const content =
      '[default]\naws_access_key_id=A\naws_secret_access_key=S\naws_session_token=IQoJ/b3+JpZ==\n';
    expect(parseCredentialsFile(content, 'x')).toMatchObject({ sessionToken: 'IQoJ/b3+JpZ==' });
  });

  it.each([
    '',
    '[default]',
    '[default]\naws_access_key_id=A',
    '[other]\naws_access_key_id=A\naws_secret_access_key=S',
  ])('without both keys is refused: %j', (content) => {
    expect(() => parseCredentialsFile(content, 'file /keys')).toThrow(/No S3 credentials in file \/keys/);
  });
});

describe('a credential process', () => {
  it('gives keys that expire', () => {
    const output = {
      Version: 1,
      AccessKeyId: 'A',
      SecretAccessKey: 'S',
      SessionToken: 'T',
      Expiration: '2026-11-21T02:00:00Z',
    };
    expect(parseCredentialProcess(JSON.stringify(output), 'x')).toEqual({
      accessKeyId: 'A',
      secretAccessKey: 'S',
      sessionToken: 'T',
      expiration: new Date('2026-11-21T02:00:00Z'),
    });
  });

  it.each(['', 'SecretAccessKey: hunter2', '{"SecretAccessKey":"hunter2"}', '["hunter2"]', 'null'])(
    'that prints %j is refused without repeating it',
    (output) => {
      const parse = () => parseCredentialProcess(output, 'the output of x');
      expect(parse).toThrow(/No S3 credentials in the output of x/);
      expect(parse).not.toThrow(/hunter2/);
    },
  );
});
