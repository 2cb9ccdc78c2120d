
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cyclades', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='cluster',
            name='silent_since',
            field=models.DateTimeField(null=True),
        ),
    ]
