
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pithos', '0001_initial'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='settlement',
            name='spare',
        ),
        migrations.CreateModel(
            name='BlockUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='DamagedBlock',
            fields=[
                ('hash', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('is_lost', models.BooleanField()),
                ('noticed', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='ScrubRound',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.CharField(default='', max_length=200)),
                ('started', models.DateTimeField()),
                ('finished', models.DateTimeField(null=True)),
                ('blocks', models.BigIntegerField(default=0)),
                ('size', models.BigIntegerField(default=0)),
                ('damaged', models.BigIntegerField(default=0)),
                ('healed', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='SentBlock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sender', models.CharField(max_length=256)),
                ('digest', models.BinaryField()),
                ('sent', models.BigIntegerField(db_index=True)),
            ],
        ),
        migrations.AddField(
            model_name='allowance',
            name='is_common',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='container',
            name='account_quota',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='container',
            name='archive',
            field=models.CharField(default='', max_length=300),
        ),
        migrations.AddField(
            model_name='container',
            name='quota_count',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='container',
            name='rules',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='hashlist',
            name='is_indexed',
            field=models.BooleanField(default=False),
        ),
        migrations.AddIndex(
            model_name='container',
            index=models.Index(models.F('name'), name='pithos_container_name'),
        ),
        migrations.AddField(
            model_name='blockuse',
            name='hash_list',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uses', to='pithos.hashlist'),
        ),
        migrations.AddConstraint(
            model_name='sentblock',
            constraint=models.UniqueConstraint(models.F('sender'), models.F('digest'), name='pithos_sentblock_by'),
        ),
        migrations.AddConstraint(
            model_name='blockuse',
            constraint=models.UniqueConstraint(models.F('digest'), models.F('hash_list'), name='pithos_blockuse_of'),
        ),
    ]
